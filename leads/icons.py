"""Icons, drawn for Baton: lines of 1.5 on a grid of 16."""

ICONS = {
    "inbox": '<path d="M2 9.5 4 3h8l2 6.5V13H2zM2 9.5h3.5l1 1.5h3l1-1.5H14"/>',
    "back": '<path d="M6 3 2.5 6.5 6 10M2.5 6.5H10a3.5 3.5 0 0 1 0 7H7"/>',
    "lead": '<circle cx="8" cy="5.2" r="2.7"/>'
    '<path d="M2.8 13.5c.6-2.7 2.6-4 5.2-4s4.6 1.3 5.2 4"/>',
    "person": '<circle cx="8" cy="8" r="6"/><circle cx="8" cy="6.5" r="2"/>'
    '<path d="M4.2 12.5c.7-1.7 2-2.5 3.8-2.5s3.1.8 3.8 2.5"/>',
    "doc": '<path d="M3.5 2h6l3 3v9h-9zM6 7.5h4M6 10.5h4"/>',
    "funnel": '<path d="M2 3.5h12M4 8h8M6.5 12.5h3"/>',
    "flask": '<path d="M6 2h4M7 2v4.5L3 13.5h10L9 6.5V2M5 10.5h6"/>',
    "bell": '<path d="M4 11V7a4 4 0 0 1 8 0v4l1 1.5H3zM6.8 14.5h2.4"/>',
    "gear": '<circle cx="8" cy="8" r="2.2"/><path d="M8 1.8v2.4M8 11.8v2.4M1.8 8h2.4M11.8 8'
    'h2.4M3.6 3.6l1.7 1.7M10.7 10.7l1.7 1.7M12.4 3.6l-1.7 1.7M5.3 10.7l-1.7 1.7"/>',
    "out": '<path d="M9 3H3v10h6M7 8h7M11.5 5.5 14 8l-2.5 2.5"/>',
    "theme": '<circle cx="8" cy="8" r="5.5"/><path d="M8 2.5v11a5.5 5.5 0 0 0 0-11z" '
    'fill="currentColor"/>',
    "find": '<circle cx="7" cy="7" r="4"/><path d="m10 10 3.5 3.5"/>',
    "previous": '<path d="M10 3.5 5.5 8l4.5 4.5"/>',
    "next": '<path d="M6 3.5 10.5 8 6 12.5"/>',
    "up": '<path d="M3.5 10 8 5.5l4.5 4.5"/>',
    "down": '<path d="M3.5 6 8 10.5 12.5 6"/>',
    "step": '<path d="M2 13.5h4v-3.5h4V6.5h4M5 5.5 8 2.5M5.2 2.5H8v2.8"/>',
    "ok": '<path d="m3.5 8.5 3 3 6-7"/>',
    "no": '<path d="m4 4 8 8M12 4l-8 8"/>',
    "plus": '<path d="M8 3v10M3 8h10"/>',
    "pen": '<path d="m3 13 .7-3L11 2.7l2.3 2.3L6 12.3zM9.5 4.2l2.3 2.3"/>',
    "clock": '<circle cx="8" cy="8" r="5.5"/><path d="M8 4.5V8l2.5 1.5"/>',
    "phone": '<path d="M5.5 2.5 7 5.5 5.5 7A8 8 0 0 0 9 10.5L10.5 9l3 1.5V13'
    'c-5 1.5-12-5-10.5-10.5z"/>',
    "mail": '<path d="M2 4h12v8.5H2zM2 4.5l6 4.5 6-4.5"/>',
    "talk": '<path d="M2.5 3h11v8H7l-3 2.5V11H2.5z"/>',
    "hand": '<path d="M2 8h9M8 4.5 11.5 8 8 11.5M14 3v10"/>',
    "fork": '<path d="M2 8h4.5L10 4h4M6.5 8 10 12h4M12 2l2 2-2 2M12 10l2 2-2 2"/>',
    "baton": '<path class="fill-m" stroke="none" d="M2.2 11.7 7 6.9l2.1 2.1-4.8 4.8a1.5 1.5 0 0 '
    '1-2.1 0 1.5 1.5 0 0 1 0-2.1z"/><path class="fill-s" stroke="none" d="m7.9 6 3.8-3.8a1.5 '
    '1.5 0 0 1 2.1 0 1.5 1.5 0 0 1 0 2.1L10 8.1z"/>',
}
