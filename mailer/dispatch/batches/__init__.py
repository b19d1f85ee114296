"""Batches in the hands of a worker: claimed, journalled, and given back."""
