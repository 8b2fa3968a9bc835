"""The cmdlets of Exchange and of compliance, reading and writing, by what they are about."""
