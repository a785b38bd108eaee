// dist/agent.js: the settings of the start, then the program beside it. Small, because `run` goes through it twice.
import { DAEMON_PROGRAM, PROGRAM, programOf, runProgram } from './cli/program-file.ts';
import { isDaemon, isStarted, nameProcess, startAgain } from './cli/start-settings.ts';

startAgain();
nameProcess();
const name = isDaemon() ? DAEMON_PROGRAM : PROGRAM;
runProgram(__dirname, name, programOf(__dirname, name, isDaemon() && isStarted()));
