#include <fmt/format.h>
#include <unistd.h>

#include "base/json.hpp"
#include "base/try.hpp"
#include "cli/command.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"
#include "cli/setup.hpp"
#include "render/summary.hpp"
#include "store/open.hpp"
#include "store/users.hpp"

namespace errand::cli {

namespace {

struct User {
  std::string name;
  std::optional<std::size_t> sessions;  // of one whose store can be read
  std::optional<Timestamp> used;
  std::uint64_t bytes = 0;
  std::string error;
};

// A store that is damaged costs no other user's row.
User read_user(const std::string& data_directory, const std::string& name) {
  User out;
  out.name = name;
  out.bytes = store::bytes_of_user(data_directory, name);
  const auto store = store::open(data_directory, name, store::OpenMode::existing_only);
  const auto sessions = store ? (*store)->list({.limit = 0}) : tl::make_unexpected(store.error());
  if (!sessions) {
    out.error = sessions.error().message;
    return out;
  }
  out.sessions = sessions->size();
  if (!sessions->empty()) out.used = sessions->front().updated;
  return out;
}

class UsersCommand final : public Command {
 public:
  void declare(Options& options) override { options.flag("--json", json_, "as JSON"); }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    ERRAND_TRY(read_verb("errand users", words, {{"list"}}));
    ERRAND_TRY_ASSIGN(const auto config, load_configuration(invocation, config::Scope::settings));
    ERRAND_TRY_ASSIGN(const auto place, place_of(invocation, config));
    ERRAND_TRY_ASSIGN(const auto names, store::readable_users(place.data_directory));
    std::vector<User> users;
    for (const auto& name : names) users.push_back(read_user(place.data_directory, name));
    return json_ ? print_users_json(users) : print_users(users);
  }

 private:
  static Result<int> print_users_json(const std::vector<User>& users) {
    auto items = Json::array();
    for (const auto& user : users) {
      items.push_back({{"name", user.name},
                       {"sessions", user.sessions ? Json(*user.sessions) : Json(nullptr)},
                       {"bytes", user.bytes},
                       {"last_used", user.used ? Json(to_rfc3339(*user.used)) : Json(nullptr)},
                       {"error", user.error.empty() ? Json(nullptr) : Json(user.error)}});
    }
    return print_json({{"users", std::move(items)}});
  }

  static Result<int> print_users(const std::vector<User>& users) {
    const bool on_terminal = ::isatty(STDOUT_FILENO) != 0;
    std::vector<std::vector<std::string>> rows;
    for (const auto& user : users) {
      const auto used = user.used ? (on_terminal ? format_age(*user.used, now()) : to_rfc3339(*user.used)) : "";
      rows.push_back({user.name, user.sessions ? std::to_string(*user.sessions) : "?",
                      on_terminal ? render::size_text(user.bytes) : std::to_string(user.bytes), used, user.error});
    }
    return print_table({{"user"}, {"sessions"}, {"size"}, {"last used"}, {"error", Width::flexible}}, rows);
  }

  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_users_command() {
  return std::make_unique<UsersCommand>();
}

}  // namespace errand::cli
