# Completion of the commands and options of unified-agent, for bash. Written at the build out of their help.
_unified_agent() {
  local word=${COMP_WORDS[COMP_CWORD]} command='' i words
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      -*) break ;;
      *) command="$command${command:+ }${COMP_WORDS[i]}" ;;
    esac
  done
  case $command in
    '') words='@FIRST@' ;;
@CASES@
    *) words='' ;;
  esac
  case $word in
    -*) ;;
    *) [ "$i" -lt "$COMP_CWORD" ] && words='' ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o bashdefault -o default -F _unified_agent unified-agent agent
