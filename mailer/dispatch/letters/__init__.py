"""Letters to one person, which belong to no mailing, by the same mail servers."""
