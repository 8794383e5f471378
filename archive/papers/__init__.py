"""Official papers as data: what each says, the list it is bound to, and the dossier they come together in."""
