"""What is wrong with an issue before it is sent: a proof in, findings out. Pure.

Document and RenderedIssue → ``proof`` → the checks → findings, each with its severity, what it
means for readers, and its place. ``judge`` is the whole way. ``visit`` asks whether a link
answers, and reaches nothing that is not public.
"""
