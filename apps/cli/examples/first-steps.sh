smith up                      # a real PostgreSQL and NATS, in .smith of this folder
smith migrate up              # the schema, each migration recorded with its checksum
smith status                  # where they listen, and how the database stands
smith db health               # every pool, what is wrong with it, and what to do
smith tasks backlog           # how much there is to do, by type
smith partitions maintain     # create partitions ahead, drop what is past its retention
smith down                    # stop; the data stays for the next `smith up`
