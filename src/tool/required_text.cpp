#include <cctype>

#include "tool/text_search.hpp"

namespace errand::tool {

namespace {

constexpr std::size_t min_bytes = 3;  // shorter text is everywhere: looking for it first gains nothing
constexpr std::size_t npos = std::string_view::npos;

// Behind the "[…]" that begins at `at`; npos when it is not closed.
std::size_t behind_class(std::string_view p, std::size_t at) {
  auto i = at + 1;
  if (i < p.size() && p[i] == '^') ++i;
  if (i < p.size() && p[i] == ']') ++i;
  for (; i < p.size() && p[i] != ']'; ++i) {
    if (p[i] == '\\') ++i;
    if (p.substr(i).starts_with("[:")) {
      const auto end = p.find(":]", i + 2);
      if (end != npos) i = end + 1;
    }
  }
  return i < p.size() ? i + 1 : npos;
}

// Behind the group that begins at `at`; npos when it is not closed.
std::size_t behind_group(std::string_view p, std::size_t at) {
  int depth = 0;
  for (auto i = at; i < p.size();) {
    if (p[i] == '\\') {
      i += 2;
    } else if (p[i] == '[') {
      i = behind_class(p, i);
      if (i == npos) return npos;
    } else {
      depth += p[i] == '(' ? 1 : p[i] == ')' ? -1 : 0;
      ++i;
      if (depth == 0) return i;
    }
  }
  return npos;
}

class Reader {
 public:
  explicit Reader(std::string_view pattern) : p_(pattern) {}

  // Groups and classes are passed over whole; what is not understood for certain means that nothing is required.
  std::string read() {
    for (std::size_t i = 0; i < p_.size();) {
      const char c = p_[i];
      if (c == '|' || c == ')' || c == '\n') return {};
      if (c == '[' || c == '(') {
        if (p_.substr(i).starts_with("(?") && !p_.substr(i).starts_with("(?:")) return {};  // flags change meaning
        i = c == '[' ? behind_class(p_, i) : behind_group(p_, i);
        if (i == npos) return {};
        end_run();
      } else if (c == '\\') {
        if (i + 1 >= p_.size() || p_[i + 1] == 'Q' || p_[i + 1] == 'x' || p_[i + 1] == 'p' || p_[i + 1] == 'P')
          return {};
        const char escaped = p_[i + 1];
        i += 2;
        if (std::ispunct(static_cast<unsigned char>(escaped)) != 0) {
          run_ += escaped;
        } else if (std::isdigit(static_cast<unsigned char>(escaped)) != 0) {
          return {};  // octal
        } else {
          end_run();
        }
      } else if (c == '*' || c == '?' || c == '{') {
        drop_last_character();
        end_run();
        if (c == '{') {
          const auto close = p_.find('}', i);
          if (close == npos) return {};
          i = close;
        }
        ++i;
      } else if (c == '.' || c == '^' || c == '$' || c == '+') {
        end_run();
        ++i;
      } else {
        run_ += c;
        ++i;
      }
    }
    end_run();
    return best_.size() >= min_bytes ? best_ : std::string();
  }

 private:
  void drop_last_character() {
    while (!run_.empty() && (static_cast<unsigned char>(run_.back()) & 0xC0U) == 0x80U) run_.pop_back();
    if (!run_.empty()) run_.pop_back();
  }
  void end_run() {
    if (run_.size() > best_.size()) best_ = run_;
    run_.clear();
  }

  std::string_view p_;
  std::string run_;
  std::string best_;
};

}  // namespace

std::string required_text(std::string_view pattern) {
  return Reader(pattern).read();
}

}  // namespace errand::tool
