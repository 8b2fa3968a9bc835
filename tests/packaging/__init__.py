"""The bot as it is installed on machines that are not ours."""
