"""Our signs, drawn on 24 × 24 with one stroke width; the current colour fills the line."""

ICONS: dict[str, str] = {
    "check": '<path d="M4 12.5 9.5 18 20 6.5"/>',
    "alert": '<path d="M12 4 2.5 20h19z"/><path d="M12 10v4.5M12 17.2v.3"/>',
    "cross": '<path d="M6 6l12 12M18 6 6 18"/>',
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.4v.3"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.5 21 21"/>',
    "arrow": '<path d="M4 12h16M14 6l6 6-6 6"/>',
    "back": '<path d="M20 12H4M10 6l-6 6 6 6"/>',
    "next": '<path d="M9 5l7 7-7 7"/>',
    "previous": '<path d="M15 5l-7 7 7 7"/>',
    "down": '<path d="M5 9l7 7 7-7"/>',
    "up": '<path d="M5 15l7-7 7 7"/>',
    "menu": '<path d="M4 7h16M4 12h16M4 17h16"/>',
    "out": '<path d="M14 4h6v6M20 4l-9 9M18 14v6H4V6h6"/>',
    "leave": '<path d="M10 4H5v16h5M9 12h11M16 8l4 4-4 4"/>',
    "copy": '<rect x="8" y="8" width="12" height="12" rx="2"/><path d="M16 8V4H4v12h4"/>',
    "mail": '<rect x="3" y="5" width="18" height="14" rx="2"/><path d="m3.5 7 8.500 6 8.500-6"/>',
    "phone": '<rect x="7" y="3" width="10" height="18" rx="2"/><path d="M11 18h2"/>',
    "desk": '<rect x="3" y="4" width="18" height="12" rx="2"/><path d="M9 20h6M12 16v4"/>',
    "moon": '<path d="M20 14.500A8.500 8.500 0 1 1 9.500 4 7 7 0 0 0 20 14.500z"/>',
    "ticket": '<path d="M3 7h18v3.500a1.500 1.500 0 0 0 0 3V17H3v-3.500a1.500 1.500 0 0 0 0-3zM14 7v10"/>',
    "gate": '<path d="M5 21V5l7-2 7 2v16M9 21v-9h6v9"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.500 2"/>',
    "people": '<circle cx="9" cy="8" r="3.500"/><path d="M2.500 20c0-4 3-6.500 6.500-6.500s6.500 2.500 6.500 6.500'
    'M15.500 4.800a3.500 3.500 0 0 1 0 6.400M18 14.300c2.200.9 3.500 3 3.500 5.700"/>',
    "globe": '<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c5 5.500 5 12.500 0 18M12 3c-5 5.500-5 12.500 0 18"/>',
    "home": '<path d="M4 11l8-7 8 7v9h-5.500v-6h-5v6H4z"/>',
    "question": '<path d="M4 5h16M7 12h10M10 19h4"/>',
    "blocks": '<rect x="4" y="4" width="7" height="7" rx="1"/><rect x="13" y="4" width="7" height="7" rx="1"/>'
    '<rect x="4" y="13" width="7" height="7" rx="1"/><path d="M13 16.500h7M16.500 13v7"/>',
    "send": '<path d="M21 3 3 10.500l7 3 3 7z"/><path d="m10 13.500 4-4"/>',
    "star": '<path d="m12 3 2.700 5.800 6.300.8-4.600 4.300 1.200 6.300L12 17.100 6.400 20.200l1.200-6.300L3 9.600l6.300-.8z"/>',
    "gear": '<circle cx="12" cy="12" r="3"/><path d="M12 3v3.500M12 17.500V21M3 12h3.500M17.500 12H21'
    'M5.600 5.600l2.500 2.500M15.900 15.900l2.500 2.500M5.600 18.400l2.500-2.500M15.900 8.100l2.500-2.500"/>',
}

# These point along the line of reading, so they turn round with it.
DIRECTED = frozenset({"arrow", "back", "next", "previous", "leave", "send", "out"})
