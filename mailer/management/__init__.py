"""What Masthead adds to manage.py."""
