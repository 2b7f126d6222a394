"""Today's figures and the last hour, worked out from call records. Pure."""
