"""SVG as the pages need it: named for screen readers, no inline style or script, the same bytes for the same figures.

A strict content policy (`style-src 'self'`) ignores `style` attributes when the file is opened on its own: declarations become
presentation attributes, which it lets through.
"""

import xml.etree.ElementTree as ET

NAMESPACE = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"

ET.register_namespace("", NAMESPACE)
ET.register_namespace("xlink", XLINK)


def tag(name: str) -> str:
    """The qualified name of an SVG element."""
    return f"{{{NAMESPACE}}}{name}"


def describe(root: ET.Element, title: str, description: str) -> None:
    """Give the picture its name and its text for those who do not see it."""
    root.set("role", "img")
    root.set("aria-labelledby", "titre description")
    root.set("lang", "fr")
    for position, (name, key, text) in enumerate((("title", "titre", title), ("desc", "description", description))):
        element = ET.Element(tag(name), id=key)
        element.text = text
        root.insert(position, element)


def without_styles(root: ET.Element) -> None:
    """Turn `style` attributes into presentation attributes; drop style sheets and metadata."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (tag("style"), tag("metadata")):
                parent.remove(child)
    root.set("stroke-linejoin", "round")
    for element in root.iter():
        for declaration in element.attrib.pop("style", "").split(";"):
            name, _, value = declaration.partition(":")
            if value:
                element.set(name.strip(), value.strip())


def written(root: ET.Element) -> bytes:
    """The file."""
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
