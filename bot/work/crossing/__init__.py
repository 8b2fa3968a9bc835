"""What crosses between keeper and workers through the job database: written, sealed, kept, read, doubted."""
