"""The sample issue, in English and in Arabic, and the script that painted its pictures."""
