# Sourced by `run`: runs named steps and reports how long each took.

finished_steps=
running_step=

# step NAME COMMAND…: run a command as a step. When the command fails, the script ends here.
step() {
    running_step=$1
    step_began=$(date +%s)
    shift
    printf '\n==> %s\n' "$running_step"
    "$@"
    end_step passed
}

end_step() {
    step_seconds=$(($(date +%s) - step_began))
    printf '==> %s: %s after %d s\n' "$running_step" "$1" "$step_seconds"
    finished_steps="$finished_steps$(printf '%5d s  %-7s %s' "$step_seconds" "$1" "$running_step")
"
    running_step=
}

# Runs on exit. A step that is still running then is the one that failed.
summarize_steps() {
    if [ -n "$running_step" ]; then
        end_step FAILED
    fi
    printf '\n%s' "$finished_steps"
}

trap summarize_steps EXIT
