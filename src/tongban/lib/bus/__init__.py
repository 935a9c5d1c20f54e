"""The data plane between organs: broker, accounts, contracts, envelopes, sender and receiver. Knows no table of ours and no Django.

Control (agreements, keys, policies) stands above, in rooms; what stands here is told everything it needs, so that a department
can run sender or receiver beside its own database.
"""
