#!/usr/bin/env node
import { runProcess } from './process.ts';
import { systems } from './systems.ts';

await runProcess(systems);
