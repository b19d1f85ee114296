"""The pages that readers reach from their mail: leaving a list, and choosing what to get."""
