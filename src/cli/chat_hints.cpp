#include "cli/chat_hints.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace errand::cli {

namespace {

// The longer of two that begin alike comes first.
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> words = {{
    {"\"errand sessions list\"", "/sessions"},
    {"\"errand sessions\"", "/sessions"},
    {"\"errand models\"", "/models"},
    {"errand models lists", "/models lists"},
    {"(-m ", "(/model "},
    {"\"errand doctor\"", "/doctor"},
    {"\"errand memory show\"", "/memory"},
    {"or go on in a copy with --fork", "or go on in a copy: /resume REF --fork"},
    {"\"errand sessions show --json\" has the ids", "/rewind alone lets you pick a prompt"},
    {"start a new session", "begin a new session with /new"},
    {"or continue the session with -c", "or ask it to go on"},
    {"; continue the session with -c", ""},
    {"allow it with --allow or permissions.allow, or use another --permission-mode",
     "/permissions MODE, or Shift-Tab, goes on in another mode"},
    {"run it again, or resume the session and ask", "/retry asks it again"},
}};

thread_local int chats = 0;

}  // namespace

InChat::InChat() {
  ++chats;
}

InChat::~InChat() {
  --chats;
}

bool is_in_chat() {
  return chats > 0;
}

std::string in_chat_words(std::string hint) {
  for (const auto& [shell, chat] : words) hint = text::replace_all(std::move(hint), shell, chat);
  return hint;
}

}  // namespace errand::cli
