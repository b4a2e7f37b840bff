#include "base/error.hpp"

#include <array>
#include <cerrno>
#include <iterator>
#include <system_error>

#include <fmt/format.h>

namespace errand {

namespace {

struct KindName {
  ErrorKind kind;
  std::string_view name;
};

constexpr std::array kind_names = {
    KindName{ErrorKind::failure, "failure"},
    KindName{ErrorKind::usage, "usage"},
    KindName{ErrorKind::config, "config"},
    KindName{ErrorKind::auth, "auth"},
    KindName{ErrorKind::unavailable, "unavailable"},
    KindName{ErrorKind::denied, "denied"},
    KindName{ErrorKind::limit, "limit"},
    KindName{ErrorKind::schema, "schema"},
    KindName{ErrorKind::storage, "storage"},
    KindName{ErrorKind::internal, "internal"},
    KindName{ErrorKind::busy, "busy"},
    KindName{ErrorKind::timeout, "timeout"},
    KindName{ErrorKind::cancelled, "cancelled"},
};

std::string_view advice_for(int error_number) {
  switch (error_number) {
    case ENOSPC:
      return "the disk is full: free some space and try again";
    case EDQUOT:
      return "the disk quota is used up: free some space and try again";
    case EROFS:
      return "the file system is read-only";
    case EMFILE:
      return "too many open files: raise the limit with ulimit -n";
    default:
      return "";
  }
}

}  // namespace

std::string_view name_of(ErrorKind kind) {
  for (const auto& entry : kind_names) {
    if (entry.kind == kind) return entry.name;
  }
  return "internal";
}

std::optional<ErrorKind> error_kind_named(std::string_view name) {
  for (const auto& entry : kind_names) {
    if (entry.name == name) return entry.kind;
  }
  return std::nullopt;
}

std::string to_string(const Location& where) {
  std::string out = where.file;
  if (where.line > 0) out += fmt::format(":{}", where.line);
  if (where.line > 0 && where.column > 0) out += fmt::format(":{}", where.column);
  return out;
}

Error combined(std::vector<Error> errors) {
  Error first = std::move(errors.front());
  first.others.assign(std::make_move_iterator(errors.begin() + 1), std::make_move_iterator(errors.end()));
  return first;
}

std::string describe(const Error& error) {
  std::string out = fmt::format("error: {}\n", error.message);
  if (error.where) out += fmt::format("  at {}\n", to_string(*error.where));
  for (const auto& frame : error.context) out += fmt::format("  {}\n", frame);
  if (!error.hint.empty()) out += fmt::format("  hint: {}\n", error.hint);
  for (const auto& other : error.others) out += describe(other);
  return out;
}

tl::unexpected<Error> fail_errno(ErrorKind kind, std::string_view message, int error_number) {
  return fail(kind, fmt::format("{}: {}", message, std::generic_category().message(error_number)),
              std::string(advice_for(error_number)));
}

}  // namespace errand
