# shellcheck shell=bash
# Processes of ./dev: each in a session of its own, so that Ctrl-C reaches only ./dev, which then ends them in its
# order.

# Runs a program in a session of its own. It is asked to end when ./dev is killed, and it takes SIGINT even though bash
# starts what is in the background without.
own_session=(setsid env --default-signal=INT --default-signal=QUIT setpriv --pdeathsig TERM --)

step_pid=

# step COMMAND...: runs a program (no function) and returns its status. A signal to ./dev ends it at once.
step() {
  local status=0
  "${own_session[@]}" "$@" &
  step_pid=$!
  wait "$step_pid" || status=$?
  step_pid=
  return "$status"
}

# Interrupts the running step, with all that it started, and waits for it.
step_abort() {
  [[ -n $step_pid ]] || return 0
  kill -INT -- "-$step_pid" 2>/dev/null || kill -INT "$step_pid" 2>/dev/null || true
  process_wait "$step_pid" || true
  step_pid=
}

# process_wait PID: the exit status of a child, however many signals come meanwhile.
process_wait() {
  local status=0
  wait "$1" || status=$?
  while kill -0 "$1" 2>/dev/null; do
    status=0
    wait "$1" || status=$?
  done
  return "$status"
}
