"""How files of people are read, understood and checked; no Django, no database of ours."""
