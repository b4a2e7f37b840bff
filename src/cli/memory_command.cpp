#include <fmt/format.h>
#include <unistd.h>

#include "agent/memory.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "cli/chat_hints.hpp"
#include "cli/command.hpp"
#include "cli/editor.hpp"
#include "cli/known_secrets.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"
#include "cli/setup.hpp"
#include "store/memory.hpp"

namespace errand::cli {

namespace {

using Scope = tool::Notes::Scope;

struct Memory {
  std::string_view name;
  Scope scope;
  std::string path;
  std::string text;
};

Json json_of(const Memory& memory) {
  return {{"scope", memory.name}, {"path", memory.path}, {"text", memory.text}};
}

class MemoryCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.choice("--scope", scope_, {"project", "user"}, "which memory; default: both to read, project to write");
    options.flag("--yes", yes_, "clear without asking");
    options.flag("--json", json_, "as JSON");
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    ERRAND_TRY_ASSIGN(const auto config, load_configuration(invocation, config::Scope::settings));
    ERRAND_TRY_ASSIGN(const auto place, place_of(invocation, config));
    memories_ =
        store::memories_of(place.data_directory, place.user, real_path(place.workspace).value_or(place.workspace));
    const auto verb = words.empty() ? std::string("list") : words.front();
    const std::vector<std::string> rest(words.begin() + (words.empty() ? 0 : 1), words.end());
    if (verb == "add" || verb == "remove") return change(verb, rest, config, invocation);
    ERRAND_TRY(
        read_verb("errand memory", words, {{"list"}, {"show"}, {"path"}, {"edit"}, {"clear"}, {"add"}, {"remove"}}));
    if (verb == "list") return list();
    if (verb == "show") return show(invocation);
    if (verb == "path") return print_out(file().path() + "\n");
    return verb == "edit" ? edit() : clear();
  }

 private:
  [[nodiscard]] bool wants(Scope scope) const { return !scope_ || (*scope_ == "user") == (scope == Scope::user); }
  [[nodiscard]] Scope written_scope() const { return scope_ == "user" ? Scope::user : Scope::project; }
  [[nodiscard]] const store::MemoryFile& file() const {
    return written_scope() == Scope::user ? memories_->user : memories_->project;
  }

  Result<std::vector<Memory>> wanted() const {
    std::vector<Memory> out;
    for (const auto scope : {Scope::user, Scope::project}) {
      if (!wants(scope)) continue;
      const auto& file = scope == Scope::user ? memories_->user : memories_->project;
      ERRAND_TRY_ASSIGN(auto text, file.read());
      out.push_back({scope == Scope::user ? "user" : "project", scope, file.path(), std::move(text)});
    }
    return out;
  }

  Result<int> print_all(const std::vector<Memory>& memories) const {
    auto items = Json::array();
    for (const auto& memory : memories) items.push_back(json_of(memory));
    return print_json({{"memories", std::move(items)}});
  }

  Result<int> list() const {
    ERRAND_TRY_ASSIGN(const auto memories, wanted());
    if (json_) return print_all(memories);
    std::vector<std::vector<std::string>> rows;
    for (const auto& memory : memories) {
      rows.push_back({std::string(memory.name), std::to_string(text::lines(memory.text).size()),
                      std::to_string(memory.text.size()), memory.path});
    }
    return print_table({{"scope"}, {"notes"}, {"bytes"}, {"path", Width::flexible}}, rows);
  }

  // People may have written it, but so may agents.
  Result<int> show(const Invocation& invocation) const {
    ERRAND_TRY_ASSIGN(const auto memories, wanted());
    if (json_) return print_all(memories);
    std::string out;
    for (const auto& memory : memories) {
      if (memory.text.empty()) continue;
      if (!scope_) out += fmt::format("{}# {}\n", out.empty() ? "" : "\n", memory.name);
      out += memory.text;
      if (out.back() != '\n') out += '\n';
    }
    if (out.empty()) {
      print_note(invocation.globals, fmt::format("nothing is kept yet; {} NOTE keeps a line",
                                                 is_in_chat() ? "/memory add" : "errand memory add"));
    }
    return print_out(unicode::sanitize(out));
  }

  Result<int> change(const std::string& verb, const std::vector<std::string>& rest, const config::Configuration& config,
                     const Invocation& invocation) const {
    if (rest.empty()) return fail(ErrorKind::usage, fmt::format("errand memory {} takes a note", verb));
    secrets::Redactor secrets;
    secrets.learn(known_secrets(config));
    agent::MemoryNotes notes(*memories_, secrets);
    const auto note = text::join(rest, " ");
    if (verb == "add") {
      ERRAND_TRY(notes.add(written_scope(), note));
    } else {
      ERRAND_TRY(notes.remove(written_scope(), note));
    }
    if (is_in_chat()) {
      print_note(invocation.globals,
                 fmt::format("{} for {}", verb == "add" ? "kept" : "forgotten",
                             written_scope() == Scope::user ? "all your projects" : "this project"));
    }
    return 0;
  }

  // Made when it is missing, so that editors and their users need not make directories.
  Result<int> edit() const {
    if (!path_exists(file().path())) ERRAND_TRY(file().write(""));
    ERRAND_TRY(edit_file(file().path()));
    return 0;
  }

  Result<int> clear() const {
    if (!yes_)
      return fail(ErrorKind::usage, "clear forgets every note", "say --yes; \"errand memory edit\" shows them");
    ERRAND_TRY(file().write(""));
    return 0;
  }

  std::optional<std::string> scope_;
  bool yes_ = false;
  bool json_ = false;
  std::optional<store::Memories> memories_;
};

}  // namespace

std::unique_ptr<Command> make_memory_command() {
  return std::make_unique<MemoryCommand>();
}

}  // namespace errand::cli
