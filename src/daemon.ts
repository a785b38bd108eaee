// The commands of the daemon: a third of the program of all commands, and a tenth of its memory.
import { DAEMON } from './daemon-commands.ts';
import { main } from './program.ts';

main(DAEMON);
