"""A SAM template served at home: every function in a process of its own, all at one port.

document (what AWS's translator makes of the file) -> stack (functions, and the doors that lead to
them) -> router (which door, which route, which function) -> process, in which `function` serves.
"""
