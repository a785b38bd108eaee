// dist/agent.js: the settings of the start, then the program beside it. Small, because `run` goes through it twice.
import { programOf, runProgram } from './cli/program-file.ts';
import { isStarted, startAgain } from './cli/start-settings.ts';

startAgain();
runProgram(__dirname, programOf(__dirname, isStarted()));
