"""What every service that takes our tokens needs: bearer token → `Caller` or a refusal, keys, revocations, error bodies.

It knows the AuthServer by URLs alone, and neither its database nor its code.
"""
