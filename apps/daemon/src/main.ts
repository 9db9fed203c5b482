#!/usr/bin/env node
import { runProcess } from "./program/run-process.ts";

await runProcess(process.argv.slice(2));
