# An MCP server with one tool, for the cases of mcp.yaml.
echo "started" >> started
[ -e "$HOME/.config/errand/agents.yaml" ] && config=seen || config=hidden
tool='{"name":"add","description":"Keeps a note","inputSchema":{"type":"object","properties":{"text":{"type":"string"}},"required":["text"]}}'
while IFS= read -r line; do
  [[ $line =~ \"id\":([0-9]+) ]] && id=${BASH_REMATCH[1]}
  case $line in
    *'"method":"initialize"'*)
      result='{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"notes","version":"0.3"}}' ;;
    *'"method":"tools/list"'*) result='{"tools":['$tool']}' ;;
    *'"method":"tools/call"'*) result='{"content":[{"type":"text","text":"kept for '$OWNER'; config '$config'"}]}' ;;
    *) continue ;;
  esac
  printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$result"
done
