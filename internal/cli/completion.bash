# Completion of spaces for bash 3.2 and newer; the package bash-completion is
# not needed.
_spaces() {
	local words=() word rest=$COMP_LINE i last typed flag= head breaks= out how value
	# bash splits words at : and =, which belong to times, addresses and flags:
	# pieces with nothing between them on the line are one word.
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if ((i > 1)) && [[ $rest != [[:space:]]* && -n $rest || -z $COMP_LINE && ($word == [:=]* || ${COMP_WORDS[i-1]} == *[:=]) ]]; then
			words[${#words[@]}-1]+=$word
		elif ((i > 0)); then
			words+=("$word")
		fi
		rest=${rest#"${rest%%[![:space:]]*}"}
		rest=${rest#"$word"}
	done
	for i in "${!words[@]}"; do # as the shell would read them
		word=${words[i]//\\/}
		word=${word//\"/}
		words[i]=${word//\'/}
	done
	last=$((${#words[@]} - 1))
	typed=${words[last]}
	out=$("${COMP_WORDS[0]/#\~/$HOME}" __completeNoDesc "${words[@]}" 2>/dev/null) || return
	how=${out##*$'\n'}
	how=${how#:}
	[[ $how == *[!0-9]* || -z $how ]] && return
	((how & 1)) && return
	case $typed in --*=*) flag=${typed%%=*}= ;; esac
	[[ $COMP_WORDBREAKS == *:* ]] && breaks+=:
	[[ $COMP_WORDBREAKS == *=* ]] && breaks+==
	head= # what stands before the piece that is replaced
	[[ -n $breaks ]] && head=${typed%"${typed##*[$breaks]}"}
	COMPREPLY=()
	while IFS= read -r value; do
		[[ $value == :* || -z $value ]] && continue
		value=$flag$value
		[[ $value == "$typed"* ]] && COMPREPLY+=("$(printf %q "${value#"$head"}")")
	done <<<"$out"
	if ((how & 2)); then compopt -o nospace 2>/dev/null; fi
	if ((how & 4)); then compopt +o default 2>/dev/null; fi
	if ((how & 16)); then compopt -o plusdirs 2>/dev/null; fi
	if ((how & 32)); then compopt -o nosort 2>/dev/null; fi
	return 0
}
complete -o default -F _spaces spaces
