"""Coverage-guided fuzzing (atheris) of what strangers send: uploads, signatures, tokens. `python -m tests.fuzz TARGET [seconds]`."""
