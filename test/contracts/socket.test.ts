import { IMPLEMENTATIONS } from "./socket-rig.ts";
import { socketContract } from "./socket.ts";

for (const [name, open] of Object.entries(IMPLEMENTATIONS)) socketContract(name, open);
