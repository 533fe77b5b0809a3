import { setFlagsFromString } from "node:v8";

/**
 * Keeps the event loop of the calling thread from sleeping, until the returned function is called (decision 17): while
 * a callback waits in the check phase, libuv polls its sockets without waiting, so a frame is read when it is there and
 * not after the core has been woken. The thread then uses a whole core, whether frames come or not.
 *
 * Each turn costs one short-lived object of Node's own and nothing of ours; the collections they cause are kept in this
 * thread, because helpers on other cores would have to be woken for work of 60 us.
 */
export function keepAwake(): () => void {
  setFlagsFromString("--no-parallel-scavenge");
  let awake = true;
  const turn = (): void => {
    if (awake) setImmediate(turn);
  };
  turn();
  return () => {
    awake = false;
  };
}
