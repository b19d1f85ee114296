"""What mail services tell by HTTP: verified, kept, and applied as reports by mail are."""
