#!/usr/bin/env node
process.stderr.write("smithd does not run yet\n");
process.exitCode = 1;
