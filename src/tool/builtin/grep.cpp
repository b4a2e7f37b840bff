#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "base/glob.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "tool/arguments.hpp"
#include "tool/builtin.hpp"
#include "tool/file_types.hpp"
#include "tool/files.hpp"
#include "tool/search_results.hpp"
#include "tool/text_search.hpp"
#include "tool/walk.hpp"

namespace errand::tool {

namespace {

// Of one call's output. Far more than a model is shown at once; the whole is saved beside its preview.
constexpr std::size_t max_output_bytes = std::size_t{1} << 20U;

constexpr std::int64_t max_context_lines = 1000;

const chat::ToolSpec grep_spec{
    .name = "Grep",
    .description =
        "Search file contents with a regular expression (RE2). Leaves out what .gitignore does and binaries.",
    .input_schema =
        R"({"type":"object","properties":{"pattern":{"type":"string","minLength":1},"path":{"type":"string",)"
        R"("description":"file or directory; default: the working directory"},"glob":{"type":"string",)"
        R"("description":"e.g. *.{ts,tsx}, or !*.min.js"},"type":{"type":"string","description":"e.g. py, cpp, rust"},)"
        R"("output_mode":{"type":"string","enum":["content","files_with_matches","count"],)"
        R"("description":"default: content"},"-A":{"type":"integer","minimum":0},"-B":{"type":"integer","minimum":0},)"
        R"("-C":{"type":"integer","minimum":0},"-i":{"type":"boolean"},"-n":{"type":"boolean"},)"
        R"("multiline":{"type":"boolean","description":". and matches span lines"},)"
        R"("head_limit":{"type":"integer","minimum":1}},"required":["pattern"],"additionalProperties":false})",
    .effect = chat::Effect::read,
    .parallel_safe = true,
};

std::size_t lines_at(const Json& input, std::string_view key, std::int64_t fallback) {
  return static_cast<std::size_t>(std::clamp<std::int64_t>(integer_at(input, key, fallback), 0, max_context_lines));
}

SearchSpec search_spec_of(const Json& input) {
  const auto context = integer_at(input, "-C", 0);
  const auto mode = string_at(input, "output_mode");
  const auto limit = integer_at(input, "head_limit", 0);
  return {.pattern = string_at(input, "pattern"),
          .letters = flag_at(input, "-i", false) ? SearchCase::ignored : SearchCase::sensitive,
          .span = flag_at(input, "multiline", false) ? SearchSpan::multiline : SearchSpan::line,
          .output = mode == "files_with_matches" ? SearchOutput::files
                    : mode == "count"            ? SearchOutput::count
                                                 : SearchOutput::content,
          .before = lines_at(input, "-B", context),
          .after = lines_at(input, "-A", context),
          .line_numbers = flag_at(input, "-n", true),
          // One more than is shown, to know whether there is more.
          .max_lines = limit > 0 ? static_cast<std::size_t>(limit) + 1 : 0};
}

// Which files are searched: the `glob` and `type` of the input.
class Selection {
 public:
  static Result<Selection> make(const Json& input) {
    Selection out;
    ERRAND_TRY(out.add_glob(string_at(input, "glob")));
    ERRAND_TRY(out.add_type(string_at(input, "type")));
    return out;
  }

  [[nodiscard]] bool takes(std::string_view relative_to_search, std::string_view relative_to_cwd) const {
    const auto names = [&](const glob::IgnorePattern& pattern) {
      return pattern.covers(relative_to_search, glob::EntryKind::file) ||
             pattern.covers(relative_to_cwd, glob::EntryKind::file);
    };
    const auto name = relative_to_search.substr(relative_to_search.rfind('/') + 1);
    if (!globs_.empty() && std::ranges::any_of(globs_, names) == excludes_) return false;
    return types_.empty() || std::ranges::any_of(types_, [&](const auto& type) { return type.matches(name); });
  }

 private:
  // As ripgrep's -g: a pattern of .gitignore's kind that selects; with a leading '!' one that leaves out.
  Result<void> add_glob(std::string_view pattern) {
    excludes_ = pattern.starts_with('!');
    if (excludes_) pattern.remove_prefix(1);
    ERRAND_TRY_ASSIGN(const auto alternatives, glob::expand_braces(pattern));
    for (const auto& alternative : alternatives) {
      if (auto parsed = glob::IgnorePattern::parse(alternative)) globs_.push_back(*std::move(parsed));
    }
    return {};
  }

  Result<void> add_type(const std::string& name) {
    if (name.empty()) return {};
    const auto* type = file_type_named(text::lower(name));
    if (type == nullptr) {
      const auto known = file_type_names();
      const auto near = text::nearest(name, known);
      return fail(ErrorKind::failure,
                  fmt::format("there is no file type \"{}\"{}; use glob for others", text::ellipsize(name, 40),
                              near ? fmt::format("; did you mean \"{}\"?", *near) : ""));
    }
    ERRAND_TRY_ASSIGN(const auto alternatives, glob::expand_braces(type->globs));
    types_ = std::vector<glob::Pattern>(alternatives.begin(), alternatives.end());
    return {};
  }

  std::vector<glob::IgnorePattern> globs_;
  bool excludes_ = false;
  std::vector<glob::Pattern> types_;
};

// How paths below a directory are shown: relative to the cwd where they lie below it.
std::string shown_prefix(const Context& context, const std::string& directory) {
  if (directory == context.cwd) return {};
  if (context.cwd != "/" && is_within(directory, context.cwd)) return directory.substr(context.cwd.size() + 1) + '/';
  return directory == "/" ? directory : directory + '/';
}

FileHits told(FileHits hits, const SearchSpec& spec, const std::string& label) {
  if (spec.output == SearchOutput::content) return hits;
  hits.text = spec.output == SearchOutput::files ? label + '\n' : fmt::format("{}:{}\n", label, hits.matches);
  hits.lines = 1;
  return hits;
}

// One worker's part in searching a tree.
class FileVisitor {
 public:
  FileVisitor(const SearchSpec& spec, const Selection& selection, SearchResults& results, std::string prefix,
              TextSearch search, const Call& call)
      : spec_(spec),
        selection_(selection),
        results_(results),
        prefix_(std::move(prefix)),
        search_(std::move(search)),
        call_(call) {}

  Result<void> visit(const Found& found) {
    if (found.kind != FoundKind::file) return {};
    const auto path = prefix_ + std::string(found.relative);
    if (!selection_.takes(found.relative, path) || !results_.wants(path)) return {};
    constexpr int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    const Fd fd(::openat(found.directory_fd, found.name, flags));
    struct stat info {};
    if (!fd || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
    results_.searched();
    if (info.st_size == 0) return {};
    const auto label = unicode::sanitize(path);
    ERRAND_TRY_ASSIGN(auto hits, search_.search(fd.get(), label, call_));
    if (hits.matches > 0) results_.add(path, told(std::move(hits), spec_, label));
    return {};
  }

 private:
  const SearchSpec& spec_;
  const Selection& selection_;
  SearchResults& results_;
  std::string prefix_;
  TextSearch search_;
  const Call& call_;
};

class GrepTool final : public Tool {
 public:
  [[nodiscard]] const chat::ToolSpec& spec() const override { return grep_spec; }

  [[nodiscard]] std::vector<Target> targets(const Json& input) const override {
    return {{string_at(input, "path", "."), false}};
  }

  [[nodiscard]] std::string summary(const Json& input) const override {
    const auto path = brief_at(input, "path");
    return fmt::format("Grep {}{}", brief_at(input, "pattern"), path.empty() ? "" : " in " + path);
  }

  Result<Output> run(const Json& input, const Context& context, const Call& call) override {
    const auto& target = context.targets.at(0);
    const auto spec = search_spec_of(input);
    ERRAND_TRY_ASSIGN(auto search, TextSearch::make(spec));
    ERRAND_TRY_ASSIGN(const auto selection, Selection::make(input));
    SearchResults results({.max_lines = spec.max_lines == 0 ? 0 : spec.max_lines - 1, .max_bytes = max_output_bytes});
    if (auto root = open_walk_root(context, target)) {
      ERRAND_TRY(search_tree(*std::move(root), spec, selection, context, results, call));
    } else {
      ERRAND_TRY(search_file(target, spec, std::move(search), context, results, call));
    }
    return text_output(describe(results, spec, context, target));
  }

 private:
  static Result<void> search_tree(WalkRoot root, const SearchSpec& spec, const Selection& selection,
                                  const Context& context, SearchResults& results, const Call& call) {
    const auto prefix = shown_prefix(context, root.path);
    const auto make_visit = [&]() -> Visit {
      // It compiled once already.
      auto visitor = std::make_shared<FileVisitor>(spec, selection, results, prefix, *TextSearch::make(spec), call);
      return [visitor](const Found& found) { return visitor->visit(found); };
    };
    ERRAND_TRY(walk(std::move(root), context, {.enter = {}, .threads = walk_threads()}, make_visit, call));
    return {};
  }

  static Result<void> search_file(const sandbox::Resolved& file, const SearchSpec& spec, TextSearch search,
                                  const Context& context, SearchResults& results, const Call& call) {
    ERRAND_TRY_ASSIGN(const auto opened, context.files.open_file(file, context.leave));
    results.searched();
    const auto label = shown_path(context, file.path);
    ERRAND_TRY_ASSIGN(auto hits, search.search(opened.fd.get(), label, call));
    if (hits.matches > 0) results.add(label, told(std::move(hits), spec, label));
    return {};
  }

  static std::string describe(const SearchResults& results, const SearchSpec& spec, const Context& context,
                              const sandbox::Resolved& target) {
    auto [text, cut] = results.text();
    if (text.empty()) {
      const bool spans = spec.span == SearchSpan::line && spec.pattern.find("\\n") != std::string::npos;
      return fmt::format("no matches for \"{}\" in {} ({} searched){}", text::ellipsize(spec.pattern, 200),
                         context.files.display(target.path), text::count_of(results.files_searched(), "file"),
                         spans ? "; a match over line ends needs multiline" : "");
    }
    if (cut) text += "[there is more; narrow the search or raise head_limit]\n";
    return text;
  }
};

}  // namespace

std::unique_ptr<Tool> make_grep() {
  return std::make_unique<GrepTool>();
}

}  // namespace errand::tool
