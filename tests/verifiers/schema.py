"""Validates messages of ISO 20022 against their schema, with xmlschema.

    schema.py SCHEMA MESSAGE ...
"""

import sys

import xmlschema

schema = xmlschema.XMLSchema(sys.argv[1])
for message in sys.argv[2:]:
    schema.validate(message)
print(f"{len(sys.argv) - 2} valid by xmlschema {xmlschema.__version__}")
