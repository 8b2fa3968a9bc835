"""What outlives a message: files and stored forms of a report. Pure; whoever calls writes the bytes."""
