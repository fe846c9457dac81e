"""From chimeric reads to explained microRNA target sites.

The package is a house of rooms, listed in the order in which data walks through them; a room may import
those before it and the ground floor (``errors``, ``lines``, ``partfiles``, ``streams``, ``sequences``,
``interactions``, ``encoding``, ``termination``, ``cli``), never those after it:

``chimera`` -> ``isomir`` -> ``negatives`` -> ``models`` -> ``training`` -> ``report``

The commands themselves live in ``tools/`` (installed as ``mirtools.tools``) and compute nothing; console scripts
reach them through ``mirtools.commands``.
"""

__version__ = "0.1.0"
