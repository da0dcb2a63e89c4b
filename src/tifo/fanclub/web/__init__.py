"""The screens of the fan club."""
