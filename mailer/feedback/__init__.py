"""What comes back: raw mail -> parsers (pure) -> FeedbackEvent -> ``apply`` -> suppressions."""
