"""The pipeline's conductor: it alone knows in which order the stages run.

``tasks`` wakes the others up; ``queues`` names what they hear. Each room imports from those
that stand below it, and never from above:

    trials | letters | sending
    control
    batches
    checking | planning
    freezing
    signing
    editions
    servers
    watching
    limits
"""
