/* elf_file.c - reads dynamic symbols and the build id with libelf. */
#include "elf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

static Elf_Scn *elf_section(Elf *elf, GElf_Word type, GElf_Shdr *ret_header)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(elf, section)) != NULL)
        if (gelf_getshdr(section, ret_header) != NULL &&
            ret_header->sh_type == type)
            return section;
    return NULL;
}

/* Defined here, and nothing that a call of it would crash on. */
static bool elf_is_function(const GElf_Sym *symbol)
{
    unsigned type = GELF_ST_TYPE(symbol->st_info);

    return symbol->st_shndx != SHN_UNDEF && type != STT_OBJECT &&
           type != STT_TLS;
}

static bool elf_is_data(const GElf_Sym *symbol)
{
    return symbol->st_shndx != SHN_UNDEF &&
           GELF_ST_TYPE(symbol->st_info) == STT_OBJECT;
}

static bool elf_exports(Elf *elf, const char *wanted,
                        bool (*is_wanted)(const GElf_Sym *symbol))
{
    GElf_Shdr header;
    Elf_Scn *section = elf_section(elf, SHT_DYNSYM, &header);
    Elf_Data *data = section != NULL ? elf_getdata(section, NULL) : NULL;
    size_t count;

    if (data == NULL || header.sh_entsize == 0)
        return false;
    count = header.sh_size / header.sh_entsize;
    for (size_t i = 0; i < count; i++) {
        GElf_Sym symbol;
        const char *name;

        if (gelf_getsym(data, (int)i, &symbol) == NULL || !is_wanted(&symbol))
            continue;
        name = elf_strptr(elf, header.sh_link, symbol.st_name);
        if (name != NULL && strcmp(name, wanted) == 0)
            return true;
    }
    return false;
}

static void elf_build_id(Elf *elf, char *text, size_t room)
{
    GElf_Shdr header;
    Elf_Scn *section = NULL;
    Elf_Data *data;
    GElf_Nhdr note;
    size_t at = 0, name, value;

    text[0] = '\0';
    while ((section = elf_nextscn(elf, section)) != NULL) {
        if (gelf_getshdr(section, &header) == NULL ||
            header.sh_type != SHT_NOTE ||
            (data = elf_getdata(section, NULL)) == NULL)
            continue;
        for (at = 0; (at = gelf_getnote(data, at, &note, &name, &value)) > 0;)
            if (note.n_type == NT_GNU_BUILD_ID && text[0] == '\0')
                for (size_t i = 0; i < note.n_descsz && 2 * i + 2 < room; i++)
                    snprintf(text + 2 * i, 3, "%02x",
                             ((unsigned char *)data->d_buf)[value + i]);
    }
}

/* Programs are position-independent like libraries; the linker marks them. */
static bool elf_is_pie(Elf *elf)
{
    GElf_Shdr header;
    Elf_Scn *section = elf_section(elf, SHT_DYNAMIC, &header);
    Elf_Data *data = section != NULL ? elf_getdata(section, NULL) : NULL;
    GElf_Dyn entry;

    for (int i = 0; data != NULL && gelf_getdyn(data, i, &entry) != NULL; i++)
        if (entry.d_tag == DT_FLAGS_1)
            return (entry.d_un.d_val & DF_1_PIE) != 0;
    return false;
}

/* Class and machine of the running program: what can be preloaded here. */
static const char *elf_misfit(Elf *elf)
{
    GElf_Ehdr header, own;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    Elf *self = elf_begin(fd, ELF_C_READ, NULL);
    const char *misfit = NULL;

    if (gelf_getehdr(elf, &header) == NULL)
        misfit = "is a damaged ELF file";
    else if (header.e_type != ET_DYN || elf_is_pie(elf))
        misfit = "is an ELF file but no shared library";
    else if (self != NULL && gelf_getehdr(self, &own) != NULL &&
             (own.e_machine != header.e_machine ||
              own.e_ident[EI_CLASS] != header.e_ident[EI_CLASS]))
        misfit = "is a library for another kind of machine";
    elf_end(self);
    close(fd);
    return misfit;
}

static char *elf_facts(Elf *elf, struct elf_facts *ret_facts)
{
    const char *misfit;

    if (elf == NULL || elf_kind(elf) != ELF_K_ELF)
        return text_copy("is no ELF file");
    misfit = elf_misfit(elf);
    if (misfit != NULL)
        return text_copy(misfit);
    for (int kind = 0; kind < KINDS; kind++)
        ret_facts->exports[kind] =
            elf_exports(elf, kind_symbol(kind),
                        kind_is_plugin(kind) ? elf_is_data : elf_is_function);
    elf_build_id(elf, ret_facts->build_id, sizeof(ret_facts->build_id));
    return NULL;
}

int elf_file_read(const char *path, struct elf_facts *ret_facts, char **ret_why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    Elf *elf;
    char *why;

    if (fd < 0) {
        *ret_why = text_copy(strerror(errno));
        return -1;
    }
    elf_version(EV_CURRENT);
    elf = elf_begin(fd, ELF_C_READ, NULL);
    why = elf_facts(elf, ret_facts);
    elf_end(elf);
    close(fd);
    *ret_why = why;
    return why == NULL ? 0 : -1;
}

bool elf_file_exports(const char *path, const char *name)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    Elf *elf;
    bool exports;

    if (fd < 0)
        return false;
    elf_version(EV_CURRENT);
    elf = elf_begin(fd, ELF_C_READ, NULL);
    exports = elf != NULL && elf_exports(elf, name, elf_is_function);
    elf_end(elf);
    close(fd);
    return exports;
}

bool elf_file_is_program(const char *path)
{
    char magic[SELFMAG] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is = fd >= 0 && read(fd, magic, SELFMAG) == SELFMAG &&
              memcmp(magic, ELFMAG, SELFMAG) == 0;

    if (fd >= 0)
        close(fd);
    return is;
}
