"""The components of both houses, registered in one library; `{% load ui %}` brings them all."""
