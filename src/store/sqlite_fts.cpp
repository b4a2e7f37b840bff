#include "store/sqlite_fts.hpp"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include "store/search_query.hpp"
#include "store/search_tokens.hpp"

// FTS5's interface for tokenizers and functions: https://www.sqlite.org/fts5.html section 7. Called from C, nothing may
// throw through it.

namespace errand::store {

namespace {

using TakeToken = int (*)(void*, int, const char*, int, int, int);

// A message has a few of them; a hostile database may say anything.
constexpr sqlite3_int64 max_phrases = 4096;

fts5_api* api_of(sqlite3* connection) {
  fts5_api* api = nullptr;
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(connection, "SELECT fts5(?1)", -1, &statement, nullptr);
  const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> owner(statement, &sqlite3_finalize);
  if (statement == nullptr) return nullptr;
  sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", nullptr);
  sqlite3_step(statement);
  return api;
}

// The tokenizer has no state: FTS5 only wants a pointer that is not null.
int create_tokenizer(void*, const char**, int, Fts5Tokenizer** out) {
  static char nothing = 0;
  *out = reinterpret_cast<Fts5Tokenizer*>(&nothing);
  return SQLITE_OK;
}

void delete_tokenizer(Fts5Tokenizer*) {}

// Facets, and the tokens of a query, which were made by us already.
int take_verbatim(std::string_view text, void* context, TakeToken take) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto begin = at + 1;  // behind the mark
    const auto end = std::min(text.find(verbatim_mark, begin), text.size());
    const int rc = take(context, 0, text.data() + begin, static_cast<int>(end - begin), static_cast<int>(begin),
                        static_cast<int>(end));
    if (rc != SQLITE_OK) return rc;
    at = end;
  }
  return SQLITE_OK;
}

int take_text(std::string_view text, void* context, TakeToken take) {
  int rc = SQLITE_OK;
  for_each_token(text, [&](const SearchToken& token) {
    const int flags = token.place == SearchToken::Place::same ? FTS5_TOKEN_COLOCATED : 0;
    rc = take(context, flags, token.text.data(), static_cast<int>(token.text.size()), static_cast<int>(token.begin),
              static_cast<int>(token.end));
    return rc == SQLITE_OK;
  });
  return rc;
}

int tokenize(Fts5Tokenizer*, void* context, int, const char* bytes, int size, TakeToken take) {
  if (bytes == nullptr || size <= 0) return SQLITE_OK;
  const std::string_view text(bytes, static_cast<std::size_t>(size));
  try {
    return text.front() == verbatim_mark ? take_verbatim(text, context, take) : take_text(text, context, take);
  } catch (const std::exception&) {
    return SQLITE_NOMEM;
  }
}

// Of one phrase in the row, up to 255; -1 - code for a failure.
int count_of_phrase(const Fts5ExtensionApi* api, Fts5Context* context, int phrase) {
  Fts5PhraseIter iterator{};
  int column = 0;
  int offset = 0;
  const int rc = api->xPhraseFirst(context, phrase, &iterator, &column, &offset);
  if (rc != SQLITE_OK) return -1 - rc;
  int count = 0;
  while (column >= 0 && count < 255) {
    ++count;
    api->xPhraseNext(context, &iterator, &column, &offset);
  }
  return count;
}

void phrase_counts(const Fts5ExtensionApi* api, Fts5Context* context, sqlite3_context* out, int count,
                   sqlite3_value** values) {
  try {
    const auto wanted = count == 1 ? std::clamp<sqlite3_int64>(sqlite3_value_int64(values[0]), 0, max_phrases) : 0;
    const int phrases = std::min(static_cast<int>(wanted), api->xPhraseCount(context));
    std::string counts;
    for (int i = 0; i < phrases; ++i) {
      const int found = count_of_phrase(api, context, i);
      if (found < 0) return sqlite3_result_error_code(out, -1 - found);
      counts += static_cast<char>(found);
    }
    sqlite3_result_blob(out, counts.data(), static_cast<int>(counts.size()), SQLITE_TRANSIENT);
  } catch (const std::exception&) {
    sqlite3_result_error_nomem(out);
  }
}

void check(int code) {
  if (code != SQLITE_OK) throw SQLite::Exception("can't set up the search", code);
}

}  // namespace

void register_search(sqlite3* connection) {
  auto* const api = api_of(connection);
  if (api == nullptr || api->iVersion < 2) throw SQLite::Exception("this SQLite was built without FTS5", SQLITE_ERROR);
  fts5_tokenizer tokenizer{&create_tokenizer, &delete_tokenizer, &tokenize};
  check(api->xCreateTokenizer(api, "errand", nullptr, &tokenizer, nullptr));
  check(api->xCreateFunction(api, "phrase_counts", nullptr, &phrase_counts, nullptr));
}

}  // namespace errand::store
