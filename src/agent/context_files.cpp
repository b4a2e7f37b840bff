#include "agent/context_files.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"

namespace errand::agent {

namespace {

// A context file beyond this is cut: it would crowd out the work.
constexpr std::size_t max_context_file_bytes = 32'768;
constexpr std::size_t max_all_bytes = 262'144;
constexpr int max_depth = 5;
constexpr std::size_t max_files = 50;

// From the project root down to the working directory.
std::vector<std::string> directories_of(const Surroundings& surroundings) {
  std::vector<std::string> out;
  auto directory = surroundings.cwd;
  while (is_within(directory, surroundings.roots.project)) {
    out.push_back(directory);
    if (directory == surroundings.roots.project) break;
    directory = parent_path(directory);
  }
  std::ranges::reverse(out);
  return out;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// What stands between backticks becomes blanks: code imports nothing.
std::string without_code(std::string_view line) {
  std::string out(line);
  for (auto open = out.find('`'); open != std::string::npos; open = out.find('`', open + 1)) {
    const auto close = out.find('`', open + 1);
    if (close == std::string::npos) break;
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(open), out.begin() + static_cast<std::ptrdiff_t>(close) + 1,
              ' ');
    open = close;
  }
  return out;
}

void find_imports(std::string_view line, std::vector<std::string>& out) {
  const auto plain = without_code(line);
  for (auto at = plain.find('@'); at != std::string::npos; at = plain.find('@', at + 1)) {
    if (at > 0 && !is_blank(plain[at - 1])) continue;
    const auto end = std::find_if(plain.begin() + static_cast<std::ptrdiff_t>(at), plain.end(), is_blank);
    auto path = std::string(plain.begin() + static_cast<std::ptrdiff_t>(at) + 1, end);
    while (!path.empty() && std::string_view(",;:!?)").find(path.back()) != std::string_view::npos) path.pop_back();
    if (!path.empty()) out.push_back(std::move(path));
  }
}

// A project's own .env is for programs, and what it holds for nobody's prompt.
bool holds_variables(const std::string& path) {
  return file_name(path).starts_with(".env") || file_name(real_path(path).value_or(path)).starts_with(".env");
}

class Reader {
 public:
  Reader(const Surroundings& surroundings, const Reading& reading, std::vector<chat::event::Warning>& warnings)
      : surroundings_(surroundings), reading_(reading), warnings_(warnings) {}

  // The user's own words lie where no tool reads.
  void add_own(const std::string& path) {
    if (path.empty() || !is_regular_file(path)) return;
    const auto content = read_file(path);
    if (!content) return leave_out(path, content.error());
    take(path, *content);
  }

  void add(const std::string& path, int depth) {
    // A link may give one file many names.
    const auto known = real_path(path).value_or(path);
    if (!seen_.insert(known).second || seen_.size() > max_files) return;
    const auto content = read_as_tools_do(path);
    if (!content) return leave_out(path, content.error());
    if (content->find('\0') != std::string::npos) return;  // no text
    take(path, *content);
    if (depth == max_depth) return;
    for (const auto& import : imports_in(*content)) {
      const auto target = resolved(import, path);
      if (is_regular_file(target) && !holds_variables(target)) add(target, depth + 1);
    }
  }

  [[nodiscard]] std::string text() && { return std::move(out_); }

 private:
  // A file may be a link, and a clone's or a command's link may lead anywhere: it goes to the model only where the
  // model's own tools may read it.
  [[nodiscard]] Result<std::string> read_as_tools_do(const std::string& path) const {
    ERRAND_TRY_ASSIGN(const auto found, reading_.files.resolve(path, "/"));
    if (reading_.may_read && !(reading_.may_read(path) && reading_.may_read(found.path))) {
      return fail(ErrorKind::denied, "a deny rule for Read covers it");
    }
    ERRAND_TRY_ASSIGN(const auto opened, reading_.files.open_file(found, sandbox::Leave::roots_only));
    return read_all(opened.fd.get(), max_file_bytes);
  }

  [[nodiscard]] std::string resolved(const std::string& import, const std::string& from) const {
    const bool at_home = import.starts_with("~/") && !surroundings_.roots.home.empty();
    const auto path = at_home ? join_path(surroundings_.roots.home, import.substr(2)) : import;
    return normalize_path(join_path(parent_path(from), path));
  }

  void leave_out(const std::string& path, const Error& why) {
    warnings_.push_back({"context_file", fmt::format("the context file {} is left out: {}",
                                                     reading_.files.display(path), why.message)});
  }

  void take(const std::string& path, const std::string& content) {
    const auto shown = text::preview(without_frames(unicode::sanitize(content)), max_context_file_bytes, "");
    const auto text = text::trim(shown.text);
    if (text.empty()) return;
    if (out_.size() + text.size() > max_all_bytes) {
      return leave_out(path, {.kind = ErrorKind::limit,
                              .message = fmt::format("context files have more than {} bytes together", max_all_bytes)});
    }
    if (!out_.empty()) out_ += "\n\n";
    out_ += fmt::format("<context file=\"{}\">\n{}\n</context>", without_frames(unicode::sanitize(path)), text);
  }

  const Surroundings& surroundings_;
  const Reading& reading_;
  std::vector<chat::event::Warning>& warnings_;
  std::set<std::string> seen_;
  std::string out_;
};

}  // namespace

std::function<bool(std::string_view absolute_path)> context_reader(const chat::AgentDefinition& agent,
                                                                   const policy::Roots& roots) {
  auto rules = agent.rules;
  std::erase_if(rules, [](const chat::Rule& rule) { return rule.spec.empty(); });
  return [rules = std::move(rules), roots](std::string_view path) {
    return !policy::is_read_denied(rules, "Read", path, roots);
  };
}

std::string without_frames(std::string text) {
  for (const auto* tag : {"<memory", "</memory", "<context", "</context"}) {
    text = text::replace_all(text, tag, fmt::format("&lt;{}", std::string_view(tag).substr(1)));
  }
  return text;
}

std::vector<std::string> imports_in(std::string_view text) {
  std::vector<std::string> out;
  std::string_view fence;
  const auto lines = text::lines(std::string(text));
  for (const auto& line : lines) {
    const auto trimmed = text::trim(line);
    const bool is_fence = trimmed.starts_with("```") || trimmed.starts_with("~~~");
    if (is_fence && fence.empty()) {
      fence = trimmed.substr(0, 3);
    } else if (is_fence && trimmed.starts_with(fence)) {
      fence = {};
    } else if (fence.empty()) {
      find_imports(line, out);
    }
  }
  return out;
}

std::string context_section(const chat::AgentDefinition& agent, const Surroundings& surroundings,
                            const Reading& reading, std::vector<chat::event::Warning>& warnings) {
  Reader reader(surroundings, reading, warnings);
  if (!agent.context_files.empty()) reader.add_own(surroundings.own_context);
  for (const auto& directory : directories_of(surroundings)) {
    for (const auto& name : agent.context_files) {
      const auto path = join_path(directory, name);
      if (is_regular_file(path)) reader.add(path, 0);
    }
  }
  return std::move(reader).text();
}

}  // namespace errand::agent
