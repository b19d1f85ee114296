"""Sent issues as pages of their own: by number, article by article, as feeds, and for print.

All of it is made from what was frozen when an issue was sent to a public list: what an editor
changes later changes nothing here.
"""
