"""Writes the named character references of HTML5 as the Java tokenizer reads them: `make_html_entities.py > html5-entities.txt`.

One line a name, without the ampersand, a space, and the code points in hexadecimal. The names are the WHATWG's (https://html.spec.whatwg.org/#named-character-references),
as Python's html.entities lists them.
"""
import html.entities

for name, text in sorted(html.entities.html5.items()):
    print(name, " ".join(f"{ord(c):x}" for c in text))
