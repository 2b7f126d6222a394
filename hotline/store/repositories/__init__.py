"""Questions to and changes of the tables, one file a noun. Every function takes the session of a unit of work first and
never commits: `with store.write() as session: accounts.create(session, …)`."""
