"""What comes back: bounces, complaints and wishes to leave, from raw mail to what they change."""
