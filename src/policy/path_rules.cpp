#include "policy/path_rules.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/unicode.hpp"

namespace errand::policy {

namespace {

struct Anchored {
  std::string root;     // absolute
  std::string pattern;  // a line of a .gitignore that lies there; empty: all of it
  bool any_depth = false;
};

// "/" is the root of everything below it as well.
std::string_view relative_to(std::string_view path, std::string_view root) {
  path.remove_prefix(root == "/" ? 1 : root.size());
  if (path.starts_with('/')) path.remove_prefix(1);
  return path;
}

Anchored from_project(std::string_view pattern, const Roots& roots) {
  Anchored out{normalize_path(roots.project), {}, false};
  const bool dotted = pattern == "." || pattern == ".." || pattern.starts_with("./") || pattern.starts_with("../");
  while (dotted) {
    if (pattern == ".." || pattern.starts_with("../")) {
      out.root = parent_path(out.root);
      pattern.remove_prefix(pattern == ".." ? 2 : 3);
    } else if (pattern == "." || pattern.starts_with("./")) {
      pattern.remove_prefix(pattern == "." ? 1 : 2);
    } else {
      break;
    }
  }
  if (dotted && !pattern.empty()) {
    out.pattern = fmt::format("/{}", pattern);
    return out;
  }
  out.pattern = pattern;
  out.any_depth = pattern.starts_with("**/") || pattern.substr(0, pattern.size() - 1).find('/') == pattern.npos;
  return out;
}

Anchored anchor(std::string_view pattern, const Roots& roots) {
  if (pattern.starts_with("//")) return {"/", std::string(pattern.substr(1)), false};
  if (pattern == "~" || pattern.starts_with("~/"))
    return {normalize_path(roots.home), std::string(pattern.substr(1)), false};
  if (pattern.starts_with('/')) return {normalize_path(roots.project), std::string(pattern), false};
  return from_project(pattern, roots);
}

// "." and ".." and double slashes have no place in a pattern that is compared with resolved paths.
std::string folded(const std::string& pattern) {
  const bool plain = pattern.find("/.") == std::string::npos && pattern.find("//") == std::string::npos;
  if (plain || pattern.empty()) return pattern;
  auto out = normalize_path(pattern);
  if (pattern.ends_with('/')) out += '/';
  return out;
}

// '!' and '#' are nothing special in a rule.
std::string as_ignore_line(std::string_view pattern) {
  const bool special = pattern.starts_with('!') || pattern.starts_with('#');
  return special ? fmt::format("\\{}", pattern) : std::string(pattern);
}

}  // namespace

PathPattern::PathPattern(std::string_view written, const Roots& roots) {
  auto anchored = anchor(written, roots);
  root_ = std::move(anchored.root);
  pattern_ = glob::IgnorePattern::parse(as_ignore_line(folded(anchored.pattern)));
  any_depth_ = anchored.any_depth;
}

bool PathPattern::covers(std::string_view absolute_path, Reading reading) const {
  const bool inside = is_within(absolute_path, root_);
  if (!inside && (reading == Reading::strict || !any_depth_)) return false;
  if (!pattern_) return true;
  const auto relative = relative_to(absolute_path, inside ? std::string_view(root_) : "/");
  if (relative.empty()) return false;
  return pattern_->covers(relative, reading == Reading::wide ? glob::EntryKind::directory : glob::EntryKind::file);
}

std::string pattern_for(std::string_view absolute_path) {
  if (unicode::sanitize(absolute_path) != absolute_path || absolute_path.find('\n') != std::string_view::npos)
    return {};
  if (!absolute_path.starts_with('/') || absolute_path.ends_with(' ') || absolute_path.ends_with('\t')) return {};
  std::string out = "//";
  for (const char c : relative_to(absolute_path, "/")) {
    if (std::string_view("*?[\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace errand::policy
